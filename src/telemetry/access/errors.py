"""The errors of the access room.

ParkWattError
└── NotLetIn        somebody could not be let in; the message says no more than they may know
    ├── WrongSecret     no such name, or another password or code
    ├── CodeNeeded      the password is right, and a code is asked for beside it
    ├── LockedOut       too many tries under this name
    ├── LinkSpent       no such link, or it was used, or is too old
    ├── NotVouched      the provider of OpenID Connect does not vouch for them, or for nobody with an account
    └── ProviderSilent  the provider does not answer, or with what cannot be used
"""

from telemetry.model import ParkWattError


class NotLetIn(ParkWattError):  # noqa: N818  # what became of somebody, no fault
    pass


class WrongSecret(NotLetIn):
    def __init__(self) -> None:
        super().__init__("Name, password or code is wrong.")


class CodeNeeded(NotLetIn):
    def __init__(self) -> None:
        super().__init__("A code of the authenticator is needed, too.")


class LockedOut(NotLetIn):
    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many tries under this name; come again in {wait_s} s.")
        self.wait_s = wait_s


class LinkSpent(NotLetIn):
    def __init__(self) -> None:
        super().__init__("This link was used already, or is too old, or never was one. Ask for another.")


class NotVouched(NotLetIn):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The provider does not let them in: {reason}.")


class ProviderSilent(NotLetIn):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The provider of sign-ins cannot be asked now: {reason}.")
