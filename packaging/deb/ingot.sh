#!/bin/sh
# `ingot` as the package installs it. Root becomes the service's own user, or files in its home would be root's, which the
# running service could not write. Other people have homes of their own; --home or INGOT_HOME says another one.
case " $* " in *" --home"*) set_by_hand=yes ;; *) set_by_hand="${INGOT_HOME:-}" ;; esac
if [ -z "$set_by_hand" ]; then
    case "$(id -un)" in
    root) exec runuser -u ingot -- env HOME=/var/lib/ingot INGOT_HOME=/var/lib/ingot /usr/lib/ingot/ingot "$@" ;;
    ingot) export HOME=/var/lib/ingot INGOT_HOME=/var/lib/ingot ;;
    esac
fi
exec /usr/lib/ingot/ingot "$@"
