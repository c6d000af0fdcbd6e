"""The example of docs/writing-an-adapter.md, as a real module that keeps the contract."""
