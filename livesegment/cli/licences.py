"""A model's licence in few words, and what it asks for where that surprises people."""

import re


def short(licence: str) -> str:
    """The licence's own name, without addresses: "AGPL-3.0" of Ultralytics' long form."""
    words = re.sub(r"\(?https?://\S+", "", licence).strip()
    return words.removesuffix(" License").removesuffix(" Licence") or licence


def obligation(licence: str) -> str:
    """One sentence on what using the model obliges to; empty where there is nothing to say."""
    found = re.search(r"\b(AGPL|CC[- ]BY[- ]NC)\S*", licence, re.IGNORECASE)
    if found is None:
        return ""
    if found[1].upper() == "AGPL":
        return f"{found[0]}: a product or service built on it must offer its source"
    return f"{found[0]}: not for commercial use"
