"""What every channel says: how a message leaves, and which secrets it takes from the environment."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from alerts.errors import Undelivered
from alerts.notice import Message
from alerts.rule import Frozen

_NAME = re.compile(r"PARKWATT_[A-Z0-9_]{1,100}")
_NAMES_ONE = "_variable"
_SHORTEST = 4


class Channel(Frozen):
    """One way to one contact; the file names variables of the environment, never what they hold."""

    grouped: ClassVar[bool] = True
    """Whether several alerts may go in one message."""
    kind: str
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{0,64}$")] = ""
    """Tells a contact's channels apart; its kind where nothing is said."""

    @property
    def name(self) -> str:
        return self.code or self.kind

    @property
    def renew_s(self) -> float | None:
        """How often it is sent again while the alert goes on [s]; None: never."""
        return None

    async def attend(self, variables: Mapping[str, str]) -> None:
        """What goes on beside the sending while the service runs; ends at once where there is nothing."""

    async def send(self, message: Message, variables: Mapping[str, str]) -> None:
        """Returns once the receiver has taken it. Raises Undelivered."""
        raise NotImplementedError

    def secret(self, field: str, variables: Mapping[str, str]) -> str:
        """What the variable holds that the field names. Raises Undelivered."""
        name = getattr(self, field)
        value = variables.get(name, "")
        if not value:
            raise Undelivered(f"the environment variable {name} is not set", final=True)
        return value

    def variables(self) -> Iterator[str]:
        """Names of the variables that it needs."""
        for field in type(self).model_fields:
            if field.endswith(_NAMES_ONE) and getattr(self, field):
                yield getattr(self, field)

    def hidden(self, text: str, variables: Mapping[str, str]) -> str:
        """`text` without anything of what its variables hold."""
        for value in (variables.get(name, "") for name in self.variables()):
            for part in sorted({value, *re.split(r"[/:@?&=]+", value)}, key=len, reverse=True):
                if len(part) >= _SHORTEST:
                    text = text.replace(part, "***")
        return text

    @model_validator(mode="before")
    @classmethod
    def _variables_alone(cls, document: Any) -> Any:  # noqa: ANN401  # YAML
        """Here, and not by the field's type, so that a secret written by mistake is in no message."""
        for field, value in document.items() if isinstance(document, Mapping) else ():
            named = isinstance(value, str) and _NAME.fullmatch(value)
            if str(field).endswith(_NAMES_ONE) and not named:
                raise ValueError(
                    f"{field}: has to name a variable of the environment, such as PARKWATT_DUTY_URL;"
                    " the secret itself must not stand in the file"
                )
        return document
