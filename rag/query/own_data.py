"""Wishes about what the bot keeps of a person: "please forget me"."""

import re

# A verb and what belongs to the person, in this order or, in German, in the other.
_WISHES = (
    r"(?<![\w/.:~])/forget\b(?!/)",  # where that is no command: in the terminal
    r"(?:forget|delete|erase|remove|wipe|clear)\b.{0,30}?\b(?:about me|(?:all )?(?:of )?my "
    r"(?:\w+ )?(?:data|history|messages|questions|conversations?|chats?|account|information|info))",
    r"forget (?:all about )?(?:me|us)|forget (?:that )?(?:i|we) (?:was|were|asked|said|wrote)",
    r"vergiss (?:mich|uns)|vergessen sie mich",
    r"(?:lösche?n?|entferne?n?|vergiss)\b.{0,30}?\b(?:über mich|meine[nr]?\s+"
    r"(?:daten|fragen|nachrichten|verlauf|konto|chats?))",
    r"meine[nr]?\s+(?:daten|fragen|nachrichten|verlauf)\b.{0,20}\blöschen",
    r"oublie[rz]?[- ]moi|m['’]oublier",
    r"(?:supprime|efface|oublie)[rz]?\b.{0,30}?\b(?:sur moi|(?:mes|mon|ma)\s+"
    r"(?:données|questions|messages|historique|conversations?|compte))",
    r"olvída(?:te de )?me|olvídate de mí|olvidarme",
    r"(?:borra|elimina|suprime)r?\b.{0,30}?\b(?:sobre mí|(?:mis|mi)\s+"
    r"(?:datos|preguntas|mensajes|historial|conversaci(?:ón|ones)|cuenta))",
    r"(?:忘记|忘掉|忘了)(?:我(?!的)|关于我)",
    r"(?:删除|清除|抹掉).{0,6}?我的?.{0,4}?(?:数据|资料|记录|消息|信息|历史)",
)
_WISH = re.compile(
    "|".join(rf"(?<![a-zà-ÿ])(?:{wish})(?!['’]\w)" for wish in _WISHES), re.IGNORECASE
)


def wants_to_be_forgotten(text: str) -> bool:
    """Return whether somebody wants what is kept of them to be deleted."""
    return bool(_WISH.search(text))
