"""Logistic regression: as scikit-learn's, and where the classes do not overlap."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Standard
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipeline.understand.splitting.logistic_regression import LogisticRegression


@pytest.mark.parametrize("distance", [0.0, 0.5, 3.0, 30.0])
def test_it_is_that_of_scikit_learn(distance: float) -> None:
    rng = np.random.default_rng(3)
    positive = rng.random(800) < 0.1
    features = rng.normal(size=(800, 4)) * [1.0, 10.0, 0.1, 1.0] + distance * positive[:, None]
    features[:, 3] = 7.0  # says nothing
    weight = np.where(positive, 1.0, positive.mean())
    model = make_pipeline(StandardScaler(), Standard(solver="newton-cholesky", tol=1e-12))
    model.fit(features, positive, logisticregression__sample_weight=weight)
    expected = model.decision_function(features)
    found = LogisticRegression.fit(features, positive, weight).log_odds(features)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_class_of_half_the_weight_is_half_as_likely() -> None:
    features, positive = np.zeros((30, 1)), np.arange(30) < 10
    model = LogisticRegression.fit(features, positive, np.where(positive, 1.0, 1.0))
    assert model.log_odds(np.zeros((1, 1)))[0] == pytest.approx(np.log(10 / 20))
