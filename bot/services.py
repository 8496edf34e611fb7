"""Everything that cogs, jobs and components work with, apart from the connection to Discord."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.access.guild_settings import GuildSettingsStore
from bot.access.rate_limits import HOUR, RateLimits
from bot.access.shards import ALL_SHARDS, Shards
from bot.alerts.store import AlertStore
from bot.answers.feedback import FeedbackStore
from bot.answers.in_flight import AnswersInFlight
from bot.answers.receipts import ReceiptStore
from bot.answers.record import AnswerRecord
from bot.answers.service import AnswerService
from bot.answers.whole_papers import WholePapers
from bot.conversation.shown_lists import ShownLists
from bot.conversation.store import ConversationStore
from bot.executor import Executor
from bot.monitoring import Metrics
from bot.papers.fetch import PaperFetcher
from bot.papers.last_seen import LastSeenStore
from bot.subscriptions.service import DigestOptions, SubscriptionService
from bot.taste.learn import TasteCache
from bot.taste.ratings import RatingStore
from ingest.config import IngestConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Built once by `build_services`; every connection to Discord uses the same."""

    executor: Executor
    metrics: Metrics
    guild_settings: GuildSettingsStore
    rate_limits: RateLimits
    conversations: ConversationStore
    shown_lists: ShownLists
    answers: AnswerService
    whole_papers: WholePapers
    in_flight: AnswersInFlight
    receipts: ReceiptStore
    feedback: FeedbackStore
    paper_fetcher: PaperFetcher
    last_seen: LastSeenStore
    ratings: RatingStore
    tastes: TasteCache
    alerts: AlertStore
    subscriptions: SubscriptionService
    model_name: str
    shards: Shards


def build_services(
    executor: Executor,
    *,
    model_name: str = "",
    guild_settings: GuildSettingsStore | None = None,
    receipt_days: int = 30,
    log_questions: bool = False,
    ingest: IngestConfig | None = None,
    digests: DigestOptions | None = None,
    shards: Shards = ALL_SHARDS,
) -> Services:
    """Return the services over the executor's library; the defaults are those of config.toml."""
    database = executor.library.catalog.database
    guild_settings = guild_settings or GuildSettingsStore(database)
    conversations = ConversationStore(database)
    receipts = ReceiptStore(database, days=receipt_days)
    ratings = RatingStore(database)
    in_flight, metrics = AnswersInFlight(), Metrics()
    ingest = ingest or IngestConfig()
    whole_papers = WholePapers(executor, ingest)
    return Services(
        executor=executor,
        metrics=metrics,
        guild_settings=guild_settings,
        rate_limits=_rate_limits(conversations, guild_settings),
        conversations=conversations,
        shown_lists=ShownLists(executor, conversations),
        answers=AnswerService(
            executor,
            AnswerRecord(executor, conversations, receipts),
            in_flight,
            whole_papers,
            metrics,
            model_name=model_name,
            log_questions=log_questions,
        ),
        whole_papers=whole_papers,
        in_flight=in_flight,
        receipts=receipts,
        feedback=FeedbackStore(database),
        paper_fetcher=PaperFetcher(executor, ingest.fetch),
        last_seen=LastSeenStore(database),
        ratings=ratings,
        tastes=TasteCache(executor.library.catalog, ratings),
        alerts=AlertStore(database),
        subscriptions=SubscriptionService(executor, digests or DigestOptions(), shards),
        model_name=model_name,
        shards=shards,
    )


def _rate_limits(
    conversations: ConversationStore, guild_settings: GuildSettingsStore
) -> RateLimits:
    """Return rate limits that count the questions of the last hour, which a previous run answered.

    A restart must not give everybody a fresh hour.
    """
    rate_limits = RateLimits()
    hour_ago = datetime.now(UTC) - timedelta(seconds=HOUR)
    for guild_id, user_id, at in conversations.asked_since(hour_ago):
        settings = guild_settings.of(guild_id)
        rate_limits.recall(guild_id, user_id, settings, asked_at=at.timestamp())
    return rate_limits
