# syntax=docker/dockerfile:1
# The server with the browser client in it. Build: docker build -t themeday .

FROM node:20-bookworm-slim AS client
WORKDIR /src/miniprogram
# without it the client's compiler reports home
ENV CI=1
COPY miniprogram/package.json miniprogram/package-lock.json miniprogram/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY miniprogram/ ./
RUN npm run build:h5

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY server/ server/
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o /out/themeday ./server \
 && mkdir /out/data

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin themeday
# the folders lie as they do in the repository, so that the default settings find them
WORKDIR /app
COPY --from=server /out/themeday /usr/local/bin/themeday
COPY --from=client /src/miniprogram/dist/build/h5/ miniprogram/dist/build/h5/
COPY configs/message-templates.yaml configs/message-templates.yaml
COPY --from=server --chown=themeday:themeday /out/data /data
ENV THEMEDAY_ADDR=0.0.0.0:8080 THEMEDAY_DATA_DIR=/data TZ=Asia/Shanghai
# a bare "docker run" must not put the demonstration, where anybody may log in as anybody, on a network
ENV THEMEDAY_MODE=production
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["themeday", "healthcheck"]
ENTRYPOINT ["themeday"]
