"""Submitted forms are recognised by their custom_id, also after a restart."""

from types import SimpleNamespace
from typing import Any

import discord

from bot.components.modals import Form, submitted_form


def submitted(custom_id: str, components: list[dict[str, Any]]) -> Any:
    return SimpleNamespace(
        type=discord.InteractionType.modal_submit,
        data={"custom_id": custom_id, "components": components},
    )


def text_input(custom_id: str, value: str | None) -> dict[str, Any]:
    return {"type": 4, "custom_id": custom_id, "value": value}


def test_fields_are_found_in_rows_and_in_labels() -> None:
    row = {"type": 1, "components": [text_input("when", "daily 9:00")]}
    label = {"type": 18, "component": text_input("topics", None)}
    form = submitted_form(submitted("subscription:7", [row, label]), "subscription")
    assert form == (7, {"when": "daily 9:00", "topics": ""})


def test_other_forms_and_other_interactions_are_ignored() -> None:
    assert submitted_form(submitted("reason:7", []), "subscription") is None
    assert submitted_form(submitted("subscription:x", []), "subscription") is None
    assert submitted_form(submitted("subscription", []), "subscription") is None
    click: Any = SimpleNamespace(type=discord.InteractionType.component, data={})
    assert submitted_form(click, "subscription") is None


async def test_a_form_carries_its_subject_in_its_custom_id() -> None:
    form = Form("reason", 2**63 - 1, title="Why?")
    form.add_field("Your reason", discord.ui.TextInput(custom_id="reason"))
    data = form.to_dict()
    assert data["custom_id"] == f"reason:{2**63 - 1}"
    assert len(data["custom_id"]) <= 100
    assert "Your reason" in str(data["components"])
