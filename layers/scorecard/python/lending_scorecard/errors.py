"""What the model layer refuses, by name."""


class ArtefactCorrupt(Exception):
    """The artefact is unreadable, incomplete, of an unknown format or not what was sealed."""


class UnknownFeature(ValueError):
    """A name that is not an input of this scorecard, e.g. a prohibited one; names are in args."""


class MissingColumn(ValueError):
    """A column that the artefact demands is not in the row; names are in args."""
