"""Is the deciding model still the one that was released? Drift, calibration, rates, fairness."""
