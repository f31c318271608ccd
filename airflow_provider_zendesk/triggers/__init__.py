# SPDX-License-Identifier: Apache-2.0
"""Triggers. They only wait; no other work runs in the triggerer."""
