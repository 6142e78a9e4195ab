"""WebSockets: `WebSocket` is what a flask-sock route gets, `Hub` keeps the idle ones for everybody in one thread."""
