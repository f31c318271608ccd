#!/usr/bin/env bash
# Runs the tests of everything that Airflow and Python decide, and DAGs end to end, on each version that is supported, with the
# libraries of its day. `make test` covers the newest Airflow on the oldest Python, and `make test-airflow2` the newest 2.11.
#
# Usage: tests/matrix.sh [NAME...], such as 3.1 or py3.13; without a name all of them. An environment that exists is used again.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=.venv/bin/uv
TESTS="tests/system tests/hooks tests/operators tests/sensors tests/stream
    tests/test_provider_info.py tests/test_start_up.py tests/test_window.py tests/test_example_dags.py"
# What the tests need; no theme for the documentation, no type checker.
NEEDED="pytest pytest-xdist hypothesis greenlet jsonschema duckdb pyarrow zstandard"

# Airflow's version, Python's, and the day whose libraries are installed ("" for today's).
row() {
    case "$1" in
        2.11) echo "2.11.2 3.11 2026-03-20" ;;
        3.0) echo "3.0.6 3.11 2025-09-10" ;;
        3.1) echo "3.1.8 3.11 2026-03-18" ;;
        3.2) echo "3.2.0 3.11 2026-04-13" ;;
        3.3) echo "3.3.* 3.11 " ;;
        py3.12) echo "3.3.* 3.12 " ;;
        py3.13) echo "3.3.* 3.13 " ;;
        *) echo "there is no row $1; choose 2.11 3.0 3.1 3.2 3.3 py3.12 py3.13" >&2; exit 2 ;;
    esac
}

interpreter() { # the newest of pyenv with this version, else whatever uv finds
    local found
    found=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1."*/bin/python 2>/dev/null | tail -1)
    echo "${found:-$1}"
}

install() { # name, Airflow, Python, day
    local venv=".venv-matrix/$1" newer=()
    [ -e "$venv/ready" ] && return
    if ! $UV venv --quiet --clear --no-python-downloads --python "$(interpreter "$3")" "$venv"; then
        echo "$1: there is no Python $3 on this machine" >&2
        return 3
    fi
    if [ -n "$4" ]; then
        # msgspec and the providers are newer than Airflow 3.0, which their requirements allow.
        newer=(--exclude-newer "$4" --exclude-newer-package msgspec=2026-11-20)
        if [ "$1" = 3.0 ]; then
            for provider in common-compat http standard; do
                newer+=(--exclude-newer-package "apache-airflow-providers-$provider=2026-04-13")
            done
        fi
    fi
    # shellcheck disable=SC2086
    $UV pip install --quiet --python "$venv/bin/python" "${newer[@]}" --editable '.[emulator]' $NEEDED "apache-airflow==$2" || return 4
    touch "$venv/ready"
}

failed=()
for name in "${@:-2.11 3.0 3.1 3.2 3.3 py3.12 py3.13}"; do
    for one in $name; do
        read -r airflow python day < <(row "$one")
        if ! install "$one" "$airflow" "$python" "${day:-}"; then
            failed+=("$one (not installed)")
            continue
        fi
        echo "== $one: Airflow $airflow, Python $python"
        # shellcheck disable=SC2086
        ".venv-matrix/$one/bin/python" -m pytest --quiet --numprocesses 2 --dist loadfile --no-loadscope-reorder -p no:cacheprovider \
            --tb=short --show-capture=no $TESTS || failed+=("$one")
    done
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi
