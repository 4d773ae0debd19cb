"""Writers of the model artefact (docs/model-artefact.md): fitted estimators -> nodes -> one file.

`columns` says, for each column of the matrix that an estimator was fitted on, what it is:

    Column("dti")                                  a number
    Column("purpose", levels=("car", "house"))     a category: position of a level, or its text
    Column("purpose", levels=(...), level="car")   its 1-or-0 column for one level
"""

from ml.export.additive import additive_from_trees, centred, logistic
from ml.export.boosters import hgb, lightgbm
from ml.export.calibrations import isotonic, platt
from ml.export.columns import Column, matrix
from ml.export.ebm import ebm
from ml.export.forests import forest
from ml.export.networks import dense
from ml.export.sealing import body, combine, digest, seal, write

__all__ = [
    "Column",
    "additive_from_trees",
    "body",
    "centred",
    "combine",
    "dense",
    "digest",
    "ebm",
    "forest",
    "hgb",
    "isotonic",
    "lightgbm",
    "logistic",
    "matrix",
    "platt",
    "seal",
    "write",
]
