"""Agent Ledger in the browser: `streamlit run app.py` (or `make run`)."""

from dashboard.shell import main

main()
