# The two commands of README: `make demo` and `make test`. Everything they need is installed
# into .venv from hashed locks; python3 with venv, make and git are enough to begin with.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin
OWN_PROCESSES := processes or browser

.PHONY: demo test check bench bench-truth bench-scoring bench-claims bench-workers simulate fuzz faults faults-long replacements slow-clients soak screenshots lock clean

demo: .venv/.service
	@$(BIN)/camelyon demo $(DEMO_OPTIONS)

test: .venv/.development
	$(BIN)/pytest -n 2 -m "not ($(OWN_PROCESSES) or slow)"
	$(BIN)/pytest -n 2 --dist loadfile -m "($(OWN_PROCESSES)) and not slow"

check: .venv/.development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/djlint --check --lint webapp/templates --quiet
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/codespell

# Limits on time are ratios to a yardstick of the same run, or to a peer (docs/performance.md).
# What camelyon score and --help cost as fresh processes; needs the folder of real data.
bench: .venv/.development
	$(BIN)/python -m benchmarks.score_lesions

# Needs the folder of real data, and OpenCV and scikit-image, which nothing else uses.
bench-truth: .venv/.development
	$(UV) pip install --quiet --python .venv opencv-python-headless scikit-image
	$(BIN)/python -m benchmarks.bench_truth

# Speed and memory of scoring, statistics and heatmaps; needs the folder of real data.
bench-scoring: .venv/.development
	@broken=0; for part in curves statistics heatmaps; do \
		$(BIN)/python -m benchmarks.bench_$$part || broken=1; \
	done; exit $$broken

# Whose turn it is among 100,000 rows, on both databases.
bench-claims: .venv/.development
	$(BIN)/python -m benchmarks.bench_claims

# What a second worker adds; needs two processors that nothing else uses.
bench-workers: .venv/.development
	$(BIN)/python -m benchmarks.bench_workers

# How often intervals hold the truth, and how often equal algorithms are told apart; three to fifteen minutes.
simulate: .venv/.development
	$(BIN)/pytest -m "slow and not processes" --log-cli-level=INFO

# A million mutated files a parser; MUTATIONS sets another number.
fuzz: .venv/.development
	$(BIN)/python -m tests.fuzz.run $(if $(MUTATIONS),--mutations $(MUTATIONS))

# The tests of faults at the real lease of 30 s, with long outages and a large batch; an hour.
faults: .venv/.development
	CAMELYON_FAULTS_LEASE_SECONDS=30 CAMELYON_FAULTS_OUTAGES=3,3,3,3,3,3,3,3,3,3,300,300 \
		CAMELYON_FAULTS_BATCH=50 CAMELYON_FAULTS_TEAMS=10 CAMELYON_FAULTS_SUBMISSIONS=1220 \
		$(BIN)/pytest tests/faults -m processes --timeout 1800 -o log_cli=true -o log_cli_level=INFO

# Ten thousand slots replaced while other threads write log lines; some ten minutes.
replacements: .venv/.development
	$(BIN)/pytest -m "slow and processes" --log-cli-level=INFO

# Posts while the broker hangs, the database is locked and commits are cut, for long and held to the
# promised seconds; five minutes on a machine that does nothing else.
faults-long: .venv/.development
	CAMELYON_FAULTS_STRICT=1 CAMELYON_FAULTS_BROKER_SECONDS=$(or $(BROKER_SECONDS),30) \
		CAMELYON_FAULTS_LOCK_SECONDS=35 CAMELYON_FAULTS_CUTTING_SECONDS=60 \
		$(BIN)/pytest tests/faults/test_accepting.py --timeout 900 \
		-o log_cli=true -o log_cli_level=INFO

# What honest clients notice of 60 and of 500 slow ones; SECONDS sets another time than 60.
slow-clients: .venv/.development
	$(BIN)/python -m tests.slow_clients.proof $(if $(SECONDS),--seconds $(SECONDS))

# Faults of every kind at random against both whole services (docs/reliability.md).
SOAK_SECONDS ?= 300
soak: .venv/.development
	@broken=0; for stack in S P; do \
		$(BIN)/python -m tests.soak --stack $$stack --seconds $(SOAK_SECONDS) $(SOAK_OPTIONS) || broken=1; \
	done; exit $$broken

screenshots: .venv/.development
	$(BIN)/python -m tests.browser.screenshots

lock: $(UV)
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --all-extras \
		pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-header --all-extras \
		--group build --group test --group lint --constraint requirements.lock \
		pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .tools .home screenshots

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet uv

.venv/bin/python: | $(UV)
	$(UV) venv --quiet --python $(PYTHON) .venv

.venv/.service: requirements.lock pyproject.toml | .venv/bin/python
	$(UV) pip install --quiet --python .venv --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python .venv --no-deps -e . --build-constraints requirements-dev.lock
	touch $@

.venv/.development: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(UV) pip install --quiet --python .venv --require-hashes -r requirements-dev.lock
	$(UV) pip install --quiet --python .venv --no-deps -e . --build-constraints requirements-dev.lock
	touch $@ .venv/.service
