"""The local cloud: deploys a synthesized CDK assembly on one loopback port and runs it."""
