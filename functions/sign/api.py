"""The HTTP side of signing, which the modules beside this one register with."""

from lending.entrypoint.http import Api

api = Api("sign")
