# Sightline with JupyterLab and the lessons, as the package gives it.
#   docker build -t sightline .
#   docker run --rm -p 8888:8888 sightline
FROM node:20-bookworm-slim AS build
WORKDIR /sightline
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund \
 && node node_modules/esbuild/install.js \
 && npm run build \
 && npm pack --ignore-scripts --pack-destination /tmp

FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv python3-pip \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1001 reader
COPY --from=build /tmp/sightline-*.tgz /tmp/
RUN npm install --global --no-audit --no-fund /tmp/sightline-*.tgz && rm /tmp/sightline-*.tgz
USER reader
WORKDIR /home/reader
RUN sightline start lessons --set-up
EXPOSE 8888
CMD ["sightline", "start", "lessons", "--listen", "0.0.0.0:8888"]
