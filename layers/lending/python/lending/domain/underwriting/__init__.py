"""Credit policy as versioned data, and what is decided with it.

* `tables`: decision tables, their rows and how they are read; `coverage`: gaps and overlaps;
* `catalogue`: which columns and outcomes a table may have; `policy`: one version, from JSON;
* `check`: every reason to refuse a draft; `pricing`: from risk to a yearly rate;
* `assessment`: one request under a policy; `offering`, `counter`: what can be offered instead;
* `decided`: what a decision leaves behind in its record.
"""
