# SPDX-License-Identifier: Apache-2.0
"""Triggers. Nothing but waiting runs in the triggerer."""
