"""One browser's session, spoken over the websocket that a page of Streamlit speaks."""

from contextlib import AbstractContextManager
from time import perf_counter
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

MAX_SECONDS = 120.0


class Session(AbstractContextManager["Session"]):
    """An open page. Its widgets are as they are when the page is opened."""

    def __init__(self, port: int) -> None:
        self._origin = f"http://127.0.0.1:{port}"
        self._socket: ClientConnection = connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            origin=Origin(self._origin),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def run(self, page: str) -> float:
        """Run the page at this address, and return the seconds until it is drawn; raise SystemExit if it fails."""
        context = ContextInfo(timezone="UTC", locale="en-GB", url=f"{self._origin}/{page}")
        state = ClientState(page_name=page, query_string="", context_info=context)
        began = perf_counter()
        self._socket.send(BackMsg(rerun_script=state).SerializeToString())
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=MAX_SECONDS, decode=False))
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                raise SystemExit(f"/{page}: {message.delta.new_element.exception.message}")
            if kind == "script_finished":
                # A page may run itself again at once, for example after a commit beside it.
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                return perf_counter() - began
