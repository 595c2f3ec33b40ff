"""The table of facts: each one's name, its type, and how often a run has it."""

from __future__ import annotations

from typing import Any

from airproof.facts.store import Fact, FactOfEach
from airproof.probes.advised import AdvisedPackages, Database
from airproof.probes.closure.applying import Applying
from airproof.probes.closure.needed import EachProject, Needed
from airproof.probes.closure.readings import Readings
from airproof.probes.files.audit import Audit
from airproof.probes.files.known import TakenFiles
from airproof.probes.files.served import Served
from airproof.probes.index.devpi import Login, Server
from airproof.probes.index.forms import Forms
from airproof.probes.index.holdings import Restored
from airproof.probes.index.login import Account
from airproof.probes.index.mirrors import MirrorKeeps
from airproof.probes.index.simple import Roots
from airproof.probes.index.snapshot import PagesRead
from airproof.probes.index.steady import Steady
from airproof.probes.installs.activation import Activations
from airproof.probes.installs.builds import Builds
from airproof.probes.installs.openends import Walks
from airproof.probes.interpreters.host import Host
from airproof.probes.interpreters.library import Library
from airproof.probes.load.load import LoadPlan
from airproof.probes.load.measured import LoadStep
from airproof.probes.media import Arrived, Medium, Tools, Vouched
from airproof.probes.omflow.providers import Provided
from airproof.probes.pip.facts import Canary, PipFacts, Refusal, Usage
from airproof.probes.reaching.reach import Reach
from airproof.probes.reaching.trust import Trust
from airproof.probes.remote.carried import CarriedFacts
from airproof.probes.scanner import Scanned
from airproof.probes.transcript import OnlineForm, Transcript
from airproof.system.namespace import NetworkNamespace

PLACE = Fact("place", NetworkNamespace)
TRANSCRIPT = Fact("transcript", Transcript)
RESTORED = Fact("restored", Restored)
ONLINE = Fact("online", OnlineForm)
APPLYING = Fact("applying", Applying)
REACH = Fact("reach", Reach)
ROOTS = Fact("roots", Roots)
ACCOUNT = Fact("account", Account)
FORMS = Fact("forms", Forms)
STEADY = Fact("steady", Steady)
SERVER = Fact("server", Server)
LOGIN = Fact("login", Login)
LOAD = Fact("load", LoadPlan)
LOAD_STEP = FactOfEach("at-once", LoadStep, per="step")
PAGES = FactOfEach("pages", PagesRead, per="worker")
MIRROR_KEEPS = FactOfEach("mirror-keeps", MirrorKeeps, per="worker")

HOST = FactOfEach("host", Host, per="interpreter")
CARRIED = FactOfEach("carried", CarriedFacts, per="interpreter")
LIBRARY = FactOfEach("library", Library, per="interpreter")
TRUST = FactOfEach("trust", Trust, per="interpreter")
WALKS = FactOfEach("walks", Walks, per="interpreter")
PIP = FactOfEach("pip", PipFacts, per="interpreter")
USAGE = FactOfEach("usage", Usage, per="interpreter")
REFUSAL = FactOfEach("refusal", Refusal, per="interpreter")
CANARY = FactOfEach("canary", Canary, per="interpreter")
READINGS = FactOfEach("readings", Readings, per="interpreter")
BUILDS = FactOfEach("builds", Builds, per="interpreter")
PROVIDED = FactOfEach("provided", Provided, per="interpreter")
ACTIVATIONS = FactOfEach("activations", Activations, per="interpreter")
SERVED = FactOfEach("served", Served, per="interpreter")

TARGET_WALKS = FactOfEach("target-walks", Walks, per="target")
TARGET_PROVIDED = FactOfEach("target-provided", Provided, per="target")
NEEDED = FactOfEach("needed", Needed, per="target")
EACH_PROJECT = FactOfEach("each-project", EachProject, per="target")

AUDIT = Fact("audit", Audit)
MEDIUM = Fact("medium", Medium)
TOOLS = FactOfEach("tools", Tools, per="medium")
VOUCHED = Fact("vouched", Vouched)
SCANNED = Fact("scanned", Scanned)
ARRIVED = Fact("arrived", Arrived)
ADVISORIES = Fact("advisories", Database)
ADVISED = Fact("advised", AdvisedPackages)
LYING_THERE = Fact("lying-there", TakenFiles)

ALL: tuple[Fact[Any] | FactOfEach[Any], ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Fact | FactOfEach)
)
