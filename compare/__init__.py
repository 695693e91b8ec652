"""The instrument: it runs services, checks them, measures them and writes the comparison.

Its rooms, from the ground up; a room imports only from those that stand before it in this list, and
a test keeps it so. The first four are the ground floor: the contract suite, the experiments and the
load files may use them to start services and to load them, and nothing else of the instrument.

- errors, strict, intervals: what can go wrong, the strictness of files, ratios with their interval
- registry: what can run, that is services, servers and environment; only here a service is named
- client: the closed-loop client, a program of its own: orders in, turns out
- running: start processes, wait until they are ready, load them, stop them by their own pids
- results: the versioned results file, which refuses what is incomplete or mixed
- contract: run the contract suite, read its report
- bench: scenarios, schedule, blocks, turns, gates, costs, verdicts
- instructions: count the instructions of a request, compare them with the record
- survey: servers, pools, growth with the data: what takes longer than a run
- ledger: trace a request, work out where its code ran, and when it waited
- claims: run the experiments, keep the record of their verdicts
- report: from results to one self-contained page
- live: a page that asks running services side by side, and shows where their code ran
- terminal: what a person sees meanwhile and at the end
- commands: the command line, one module a command
"""
