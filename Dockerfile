# The application image of web, worker and beat; any image with python3 (3.11+) and venv will do.
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS build
WORKDIR /src
RUN python3 -m venv /opt/camelyon
COPY requirements.lock ./
RUN /opt/camelyon/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY ground_truth ground_truth
COPY evaluator evaluator
COPY webapp webapp
RUN /opt/camelyon/bin/pip install --no-cache-dir --no-deps .

FROM ${BASE_IMAGE}
COPY --from=build /opt/camelyon /opt/camelyon
ENV PATH=/opt/camelyon/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    CAMELYON_LOG_FORMAT=json
# A named volume takes over the owner and the mode of the folder that it covers.
RUN mkdir -p /data/blobs && chmod 700 /data/blobs && chown -R 10001:10001 /data
USER 10001:10001
WORKDIR /data
CMD ["camelyon", "--help"]
