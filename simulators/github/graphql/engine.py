"""Prepare and execute requests; each document is compiled once and the plan is cached."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from simulators.github.graphql.context import Context
from simulators.github.graphql.cost import Cost, Estimate
from simulators.github.graphql.documents import Document
from simulators.github.graphql.execution import ByteCache, Plan, Response
from simulators.github.graphql.schema import served_schema
from simulators.github.store.records import Arguments, Record
from simulators.github.store.world import Organisation

MAX_PLANS = 200

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is ready to be executed: its plan and its cost."""

    name: str
    plan: Plan
    cost: Cost
    context: Context


class Engine:
    """GraphQL over one organisation."""

    def __init__(self, organisation: Organisation, cache_bytes: int = 128 << 20) -> None:
        self._organisation = organisation
        self._cache = ByteCache(cache_bytes)
        self._documents: OrderedDict[tuple[str, str | None], Document] = OrderedDict()
        self._plans: OrderedDict[tuple[object, ...], tuple[Plan, Estimate]] = OrderedDict()
        organisation.on_change(self._cache.drop)

    def prepare(self, text: str, variables: Arguments, operation_name: str | None = None) -> Request:
        """Compile a request; raises InvalidDocument if it is not valid, FieldError if GitHub refuses its page sizes."""
        document = self._document(text, operation_name)
        context = Context(self._organisation, variables=document.coerce(variables))
        plan, estimate = self._plan(document, text, context)
        return Request(document.name, plan, estimate.cost(context), context)

    def execute(self, request: Request, rate_limit: Record | None = None, viewer: Record | None = None) -> Response:
        request.context.rate_limit, request.context.viewer = rate_limit, viewer
        with self._organisation.lock:
            return request.plan.run(request.context)

    def _document(self, text: str, operation_name: str | None) -> Document:
        key = (text, operation_name)
        if key not in self._documents:
            _keep(self._documents, key, Document(served_schema(), text, operation_name))
        return self._documents[key]

    def _plan(self, document: Document, text: str, context: Context) -> tuple[Plan, Estimate]:
        switches = tuple(context.variables.get(name) for name in document.switch_names)
        key = (text, document.name, switches)
        if key not in self._plans:
            switched = document.with_switches(context.variables)
            _keep(self._plans, key, (Plan(switched, self._cache), Estimate(switched)))
        return self._plans[key]


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > MAX_PLANS:
        kept.popitem(last=False)
