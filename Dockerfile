# dcs on Debian 12, for batch engines of clouds: the program with Swift's libraries inside, the standard library, and the C libraries that it uses.
#   docker build -t dcs .
#   docker run --rm -v "$PWD:/data" -w /data dcs script.dcs --argument value
FROM swift:6.3-bookworm AS build
WORKDIR /source
COPY . .
RUN scripts/setup && swift build -c release --static-swift-stdlib --product dcs && cp "$(swift build -c release --static-swift-stdlib --show-bin-path)/dcs" /dcs

FROM debian:12-slim
# the first seven are linked; curl, HDF5, TIFF, SQLite and PostgreSQL are loaded when they are used
RUN apt-get update && apt-get install -y --no-install-recommends \
      libblosc1 libbz2-1.0 libdeflate0 libedit2 liblz4-1 liblzma5 libzstd1 \
      ca-certificates libcurl4 libhdf5-103-1 libtiff6 libsqlite3-0 libpq5 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /dcs /usr/local/bin/dcs
COPY --from=build /source/stdlib /usr/local/share/dcs/stdlib
ENTRYPOINT ["dcs"]
