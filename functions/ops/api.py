"""The HTTP side of the operations desk, which the modules beside this one register with."""

from lending.entrypoint.http import Api

api = Api("ops")
