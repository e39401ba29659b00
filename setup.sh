#!/bin/sh
# Set synth up in .venv beside this file, then
#     sh setup.sh         pool the shipped review and say which page to open
#     sh setup.sh test    run every check: lint, types, tests
# Works from any directory and may be run again at any time. Nothing outside this folder is changed, but for one
# case: run as root on a Debian with neither python3-venv nor pip, it installs the first.
set -eu

CDPATH= cd -- "$(dirname -- "$0")"
here=$(pwd -P)
venv="$here/.venv"
want='import sys; raise SystemExit(not sys.version_info >= (3, 11))'
pip_flags="--quiet --disable-pip-version-check --no-input"

say() { printf '%s\n' "$*" >&2; }
stop() {
    say "setup: $*"
    exit 1
}

task=${1:-pool}
case $task in
pool | test) ;;
-h | --help)
    sed -n '2,6s/^# \{0,1\}//p' setup.sh
    exit 0
    ;;
*) stop "there is no task \"$task\": type sh setup.sh, or sh setup.sh test." ;;
esac

# A name on the PATH may be a launcher for a Python that is not installed, so each one is run, not just looked up.
find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python /usr/bin/python3; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c "$want" >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Debian ships Python without the part that puts pip into a virtual environment (ensurepip), and refuses installs
# outside of one. Where pip itself is on the machine, it can be put there without ensurepip and without being root.
venv_without_ensurepip() {
    "$python" -m venv --without-pip "$venv" >>"$log" 2>&1 || return 1
    # shellcheck disable=SC2086
    for wheel in /usr/share/python-wheels/pip-*.whl; do
        if [ -f "$wheel" ] && "$venv/bin/python" "$wheel/pip" install $pip_flags --no-index "$wheel" >>"$log" 2>&1; then
            return 0
        fi
    done
    # shellcheck disable=SC2086
    "$python" -m pip --python "$venv/bin/python" install $pip_flags pip >>"$log" 2>&1 </dev/null
}

make_venv() {
    python=$(find_python) ||
        stop "synth needs Python 3.11 or newer, and none was found. Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python; or python.org), then run this again."
    say "Making the virtual environment .venv with $("$python" -V 2>&1) ..."
    rm -rf "$venv"
    if "$python" -m venv "$venv" >"$log" 2>&1; then return 0; fi
    rm -rf "$venv"
    if command -v virtualenv >/dev/null 2>&1 && virtualenv --quiet -p "$python" "$venv" >>"$log" 2>&1; then return 0; fi
    rm -rf "$venv"
    if "$python" -m virtualenv --quiet "$venv" >>"$log" 2>&1; then return 0; fi
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --seed -p "$python" "$venv" >>"$log" 2>&1; then return 0; fi
    rm -rf "$venv"
    if venv_without_ensurepip; then return 0; fi
    rm -rf "$venv"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "This Python cannot make one by itself; installing python3-venv ..."
        {
            apt-get update -qq || true
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv ||
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv"
        } >>"$log" 2>&1 </dev/null || true
        if "$python" -m venv "$venv" >>"$log" 2>&1; then return 0; fi
        rm -rf "$venv"
    fi
    sed 's/^/    /' "$log" >&2
    stop "this Python cannot make a virtual environment, and there is no pip to make one with. Type: sudo apt install python3-venv   (or python$version-venv), then run this again."
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if ! "$venv/bin/python" -c "$want; import pip" >/dev/null 2>&1; then make_venv; fi

# What was installed is remembered by the text of the two files that decide it, so that a second run is quick. The path
# is remembered too: a virtual environment does not survive being moved.
extra=""
if [ "$task" = test ]; then extra="[test]"; fi
stamp="$here|$(cksum <setup.cfg)|$(cksum <pyproject.toml)|$(cksum <synth/_version.py)"
if [ "$(cat "$venv/.synth$extra" 2>/dev/null)" != "$stamp" ] || ! "$venv/bin/python" -c "import synth" >/dev/null 2>&1; then
    if [ "$(cat "$venv/.synth-place" 2>/dev/null || echo "$here")" != "$here" ]; then make_venv; fi
    say "Installing synth$extra (a minute or two the first time) ..."
    # shellcheck disable=SC2086
    "$venv/bin/python" -m pip install $pip_flags -e ".$extra" >"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" | sed 's/^/    /' >&2
        stop "the packages that synth needs could not be installed: see above. Is there a network? Then run this again."
    }
    printf '%s\n' "$here" >"$venv/.synth-place"
    printf '%s\n' "$stamp" >"$venv/.synth"
    printf '%s\n' "$stamp" >"$venv/.synth$extra"
fi

if [ "$task" = test ]; then
    status=0
    say "ruff ..."
    "$venv/bin/python" -m ruff check . || status=1
    say "mypy ..."
    "$venv/bin/python" -m mypy || status=1
    say "pytest ..."
    "$venv/bin/python" -m pytest ${SYNTH_PYTEST:--n 2} || status=1
    if [ $status = 0 ]; then say "Every check passed."; else say "Something failed: see above."; fi
    exit $status
fi

"$venv/bin/python" -m synth pool
say ""
say "From now on type: . .venv/bin/activate   and then: synth --help"
