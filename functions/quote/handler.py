"""GET /v1/health, GET /v1/products, POST /v1/quotes: no state, no sign-in."""

from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused

from functions.quote import model
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
    return Reply(200, {"products": [model.product(profile, one) for profile, one in listed]})


@handler.route("POST", "/v1/quotes", model.QuoteBody)
def quote(call: Call[model.QuoteBody]) -> Reply:
    """An indicative price with its whole plan."""
    asked = call.body_model
    priced = wiring().price(
        asked.market,
        asked.product_id,
        asked.amount_minor,
        asked.term_months,
        asked.plan,
        asked.currency,
        call.now,
    )
    return Reply(200, model.quote(asked, unless_refused(priced)))
