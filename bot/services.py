"""Everything that cogs, jobs and components work with, apart from the connection to Discord."""

from dataclasses import dataclass

from bot.access.guild_settings import GuildSettingsStore
from bot.access.rate_limits import RateLimits
from bot.alerts.store import AlertStore
from bot.answers.feedback import FeedbackStore
from bot.answers.in_flight import AnswersInFlight
from bot.answers.receipts import ReceiptStore
from bot.answers.service import AnswerService
from bot.conversation.store import ConversationStore
from bot.executor import Executor
from bot.papers.fetch import PaperFetcher
from bot.papers.last_seen import LastSeenStore
from bot.subscriptions.service import SubscriptionService
from bot.taste.learn import TasteCache
from bot.taste.ratings import RatingStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Built once by bot/serving.py; every connection to Discord uses the same."""

    executor: Executor
    guild_settings: GuildSettingsStore
    rate_limits: RateLimits
    conversations: ConversationStore
    answers: AnswerService
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
