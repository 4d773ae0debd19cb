"""GET /v1/health, GET /v1/products, POST /v1/quotes: no state, no sign-in."""

from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused
from lending.usecases.refusal import invalid

from functions.quote import model
from functions.quote.products import product
from functions.quote.wiring import wiring

handler = Api("quote")


@handler.route("GET", "/v1/health")
def health(call: Call[EmptyBody]) -> Reply:
    """The front door and this function answer, and the market rules load."""
    markets = sorted({profile.market for profile, _ in wiring().products(call.now)})
    return Reply(200, {"status": "ok", "at": call.now.isoformat(), "markets": markets})


@handler.route("GET", "/v1/products")
def products(call: Call[EmptyBody]) -> Reply:
    """Every product of every market served here."""
    listed = wiring().products(call.now)
    return Reply(200, {"products": [product(profile, one) for profile, one in listed]})


@handler.route("POST", "/v1/quotes", model.QuoteBody)
def quote(call: Call[model.QuoteBody]) -> Reply:
    """Indicative prices with their whole plans, one or several side by side."""
    asked = call.body_model
    if found := asked.contradictions():
        unless_refused(invalid(*found))
    quoted = wiring().price(asked.market, asked.asked(), call.now)
    return Reply(200, model.reply(asked, unless_refused(quoted)))
