"""The colours of web/src/css/tokens.css, for light and for dark: the panel is of one family with the pages. A test holds the
two tables together."""

TOKENS = {
    "ground": ("#f5f6f8", "#0e131a"),
    "surface": ("#ffffff", "#161d27"),
    "sunk": ("#f0f2f5", "#1d2632"),
    "line": ("#e1e5ea", "#2a3544"),
    "line-strong": ("#8791a0", "#66758a"),
    "text": ("#17202b", "#e6ebf2"),
    "soft": ("#556070", "#9fadbf"),
    "brand": ("#0f5f8c", "#2f8fc6"),
    "brand-hover": ("#0c4d72", "#4aa3d6"),
    "on-brand": ("#ffffff", "#04121c"),
    "selected": ("#e8f2f9", "#1a3244"),
    "on-selected": ("#0c4d72", "#9fd2f2"),
    "focus": ("#2b8fc9", "#63b3e0"),
    "ok": ("#146c3f", "#4cc38a"),
    "warn": ("#8a5200", "#f0b34d"),
    "bad": ("#b3261e", "#ff8a80"),
    "accent": ("#6a3fb5", "#b79cf0"),
    "on-bad": ("#ffffff", "#2a0503"),
    "bad-fill": ("#b3261e", "#ff8a80"),
}
RADIUS, RADIUS_CARD, CONTROL = 8, 10, 34
