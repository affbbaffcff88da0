"""What an account holds, one module a service: runtimes, Bedrock's own agents and settings, hosts, gateways."""
