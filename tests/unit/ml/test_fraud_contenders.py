"""The simulated fraud is in order of time, honest people meet too, and the rules see the rings."""

from lending.adapters.profiles import ProfileStore
from sklearn.metrics import roc_auc_score

from ml.fraud_contenders import BEGINS, K, population, seen


def test_the_population_repeats_and_is_in_order_of_time() -> None:
    people = population(800, 3)
    assert [one.tokens for one in people] == [one.tokens for one in population(800, 3)]
    assert [one.at for one in people] == sorted(one.at for one in people)
    honest = [one for one in people if not one.is_fraud]
    assert 0.9 < len(honest) / len(people) < 1
    devices = [one.tokens[K.DEVICE] for one in honest]
    assert len(set(devices)) < len(devices), "honest people share devices, too"


def test_rules_rank_fraud_above_honest_people_by_what_came_before() -> None:
    rules = ProfileStore(("cn",)).get("cn", BEGINS.date()).fraud
    people = population(2_500, 5)
    names, table, score, truth = seen(people, rules)
    assert table.shape == (len(people), len(names))
    assert score[0] < rules.alert_score, "the first has nobody before it"
    assert roc_auc_score(truth, score) > 0.85
