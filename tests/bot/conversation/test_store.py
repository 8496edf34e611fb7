from bot.conversation.store import MAX_HISTORY, ConversationStore
from rag.library import Library
from rag.records import Turn

ALICE, BOB = 1, 2


def test_a_chain_is_followed_back_and_survives_a_restart(library: Library) -> None:
    conversations = ConversationStore(library.catalog.database)
    turns = [Turn(f"q{n}", ("arxiv:1", f"title:{n}") if n % 2 else None) for n in range(10)]
    for n in range(10):
        conversations.remember(
            100 + n, channel_id=5, user_id=ALICE, turn=turns[n], earlier=99 + n if n else None
        )
    again = ConversationStore(library.catalog.database)
    assert again.turns(109) == turns[10 - MAX_HISTORY :]
    assert again.turns(100) == turns[:1]
    assert again.turns(1) == again.turns(None) == []
    assert again.knows(104)
    assert not again.knows(5)


def test_the_list_that_a_conversation_chooses_from_is_never_forgotten(library: Library) -> None:
    conversations = ConversationStore(library.catalog.database)
    listed, picked = ("arxiv:1", "arxiv:2"), Turn("next", ("arxiv:1",))
    conversations.remember_list(100, channel_id=5, user_id=ALICE, papers=listed)
    for n in range(101, 121):
        conversations.remember(n, channel_id=5, user_id=ALICE, turn=picked, earlier=n - 1)
    assert conversations.turns(120) == [Turn("", listed), *[picked] * MAX_HISTORY]
    answered = Turn("which papers count birds?", listed)
    conversations.remember(200, channel_id=5, user_id=ALICE, turn=answered, earlier=None)
    for n in range(201, 211):
        conversations.remember(n, channel_id=5, user_id=ALICE, turn=picked, earlier=n - 1)
    assert conversations.turns(210) == [answered, *[picked] * MAX_HISTORY]


def test_the_place_in_a_list_is_the_users_last_answer_that_continues_it(library: Library) -> None:
    conversations = ConversationStore(library.catalog.database)
    conversations.remember_list(10, channel_id=5, user_id=ALICE, papers=("arxiv:1", "arxiv:2"))
    turn = Turn("number 1", ("arxiv:1",))
    answers = [(11, ALICE, 10), (12, BOB, 10), (13, ALICE, 11), (14, ALICE, None)]
    for message, user, earlier in answers:
        conversations.remember(message, channel_id=5, user_id=user, turn=turn, earlier=earlier)
    place = conversations.place_in
    assert place(10, user_id=ALICE, channel_id=5) == 13
    assert place(10, user_id=BOB, channel_id=5) == 12
    assert place(10, user_id=ALICE, channel_id=6) is None
    assert place(10, user_id=3, channel_id=5) is None


def test_in_a_thread_each_user_continues_their_own_answer(library: Library) -> None:
    conversations = ConversationStore(library.catalog.database)
    assert conversations.last_in(7, user_id=ALICE) is None
    conversations.remember(7, channel_id=5, user_id=ALICE, turn=Turn("the root"), earlier=None)
    assert conversations.last_in(7, user_id=BOB) == 7  # the thread was started from it
    conversations.remember(71, channel_id=7, user_id=ALICE, turn=Turn("a"), earlier=7)
    conversations.remember(72, channel_id=7, user_id=BOB, turn=Turn("b"), earlier=7)
    assert conversations.last_in(7, user_id=ALICE) == 71
    assert conversations.last_in(7, user_id=BOB) == 72
    assert conversations.last_in(7, user_id=3) == 72
    assert conversations.last_in(8, user_id=ALICE) is None
