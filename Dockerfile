# What happens inside is image/steps.sh, which CI also runs in a bare Debian 13 tree.
FROM debian:trixie-slim AS build
WORKDIR /src
COPY . .
RUN sh image/steps.sh build

FROM debian:trixie-slim
COPY image/steps.sh /tmp/steps.sh
RUN sh /tmp/steps.sh runtime && rm /tmp/steps.sh
COPY --from=build /opt/parkwatt /opt/parkwatt
ENV PATH=/opt/parkwatt/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PARKWATT_HOST=0.0.0.0 \
    PARKWATT_PORT=8000 \
    PARKWATT_DATA_DIR=/var/lib/parkwatt \
    PARKWATT_CONFIG_DIR=/etc/parkwatt
USER 10001:10001
WORKDIR /var/lib/parkwatt
VOLUME /var/lib/parkwatt
EXPOSE 8000
STOPSIGNAL SIGINT
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "/opt/parkwatt/health.sh"]
ENTRYPOINT ["parkwatt"]
CMD ["serve"]
