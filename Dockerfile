# QueueService in a container:
#   docker build -t queueservice .
#   docker run -p 8080:8080 -v queueservice-data:/data queueservice
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# Project files first: packages are restored again only when one of these changes.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig .globalconfig appsettings.json ./
COPY src/BannedSymbols.txt src/
COPY src/QueueService.Storage/*.csproj src/QueueService.Storage/
COPY src/QueueService.Broker/*.csproj src/QueueService.Broker/
COPY src/QueueService.Http/*.csproj src/QueueService.Http/
COPY src/QueueService.Aws/*.csproj src/QueueService.Aws/
COPY src/QueueService.Server/*.csproj src/QueueService.Server/
RUN dotnet restore src/QueueService.Server
COPY src/ src/
# The API document is generated and checked by tests/run, not here.
RUN dotnet publish src/QueueService.Server -c Release --no-restore -p:OpenApiGenerateDocuments=false -o /app \
    && mkdir /data

# Chiseled: no shell, no package manager, and a user without privileges (APP_UID) of its own.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
LABEL org.opencontainers.image.title="QueueService" \
      org.opencontainers.image.description="A durable HTTP messaging service" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app .
# A new volume takes the owner of the folder that it is mounted over.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
# Inside a container only the published port is reachable, so all addresses are listened on. The base image's own
# port setting is emptied, so that there is one.
ENV ASPNETCORE_URLS=http://0.0.0.0:8080 \
    ASPNETCORE_HTTP_PORTS= \
    Storage__Directory=/data
USER $APP_UID
VOLUME /data
EXPOSE 8080
# The exec form needs no shell. The server's own start and recovery take at most a few seconds.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["dotnet", "QueueService.Server.dll", "health"]
ENTRYPOINT ["dotnet", "QueueService.Server.dll"]
