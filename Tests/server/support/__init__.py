"""What the server tests stand on: servers, clients, models, payloads, and the sentences they expect."""
