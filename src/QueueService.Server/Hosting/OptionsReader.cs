using System.Net;

namespace QueueService.Server.Hosting;

/// <summary>Reads and checks the settings; everything that is wrong is reported at once.</summary>
internal sealed partial class OptionsReader(IConfiguration configuration)
{
    private static readonly string[] OwnSections =
        ["Storage", "Limits", "Webhooks", "DurableStreams", "Tier", "Aws", "Bootstrap"];

    /// <summary>What is no section of ours; most of it is read by the framework, from the same sources.</summary>
    private static readonly string[] Others =
        ["Urls", "Http2Urls", "Environment", "ContentRoot", "ApplicationName", "Logging", "Kestrel", "AllowedHosts"];

    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public List<string> Errors { get; } = [];

    public ServerOptions Read(IReadOnlyList<string> arguments)
    {
        string urls = Addresses();
        StorageOptions storage = new();
        LimitOptions limits = new();
        ServerOptions options = new()
        {
            Urls = urls,
            Http2Urls = Http2Addresses(urls),
            Bootstrap = configuration["Bootstrap"] is null ? null : Text("Bootstrap", ""),
            Storage = storage with
            {
                Directory = Text("Storage:Directory", storage.Directory),
                SegmentBytes = (int)Number("Storage:SegmentBytes", storage.SegmentBytes, 64 << 10, 1 << 30),
            },
            Tier = Tier(),
            Aws = Aws(),
            Webhooks = Webhooks(),
            DurableStreams = new DurableStreamOptions { AllowedOrigins = Origins() },
            Limits = limits with
            {
                MaxWaiters = (int)Number("Limits:MaxWaiters", limits.MaxWaiters, 1, 1_000_000),
                MaxInFlightPerQueue =
                    (int)Number("Limits:MaxInFlightPerQueue", limits.MaxInFlightPerQueue, 1, 10_000_000),
                MaxQueues = (int)Number("Limits:MaxQueues", limits.MaxQueues, 1, 10_000_000),
                MaxDeduplicationKeys =
                    (int)Number("Limits:MaxDeduplicationKeys", limits.MaxDeduplicationKeys, 1, 100_000_000),
                MaxIdempotencyKeys =
                    (int)Number("Limits:MaxIdempotencyKeys", limits.MaxIdempotencyKeys, 1, 100_000_000),
                ReadAheadPerLane = (int)Number("Limits:ReadAheadPerLane", limits.ReadAheadPerLane, 1, 10_000_000),
                MaxLiveStreams = (int)Number("Limits:MaxLiveStreams", limits.MaxLiveStreams, 1, 1_000_000),
                MaxTopicReaders = (int)Number("Limits:MaxTopicReaders", limits.MaxTopicReaders, 0, 1_000_000),
                MaxSystemReaders = (int)Number("Limits:MaxSystemReaders", limits.MaxSystemReaders, 0, 100_000),
                MaxTableKeys = (int)Number("Limits:MaxTableKeys", limits.MaxTableKeys, 1, 1_000_000_000),
                MaxConnections = (int)Number("Limits:MaxConnections", limits.MaxConnections, 1, 1_000_000),
                MaxBodiesInFlightBytes = Number(
                    "Limits:MaxBodiesInFlightBytes", limits.MaxBodiesInFlightBytes, Limits.RequestBytes, long.MaxValue),
            },
        };
        RefuseUnknownKeys();
        RefuseUnknownArguments(arguments);
        return options;
    }

    private string Text(string key, string otherwise)
    {
        _known.Add(key);
        string value = configuration[key] ?? otherwise;
        if (string.IsNullOrWhiteSpace(value) || value.Contains('\0')) Errors.Add($"{key} must not be empty.");
        return value;
    }

    private long Number(string key, long otherwise, long min, long max)
    {
        _known.Add(key);
        if (configuration[key] is not { } text) return otherwise;
        if (long.TryParse(text, out long value) && value >= min && value <= max) return value;
        Errors.Add($"{key} is '{text}', but must be an integer from {min} to {max}.");
        return otherwise;
    }

    private string Addresses()
    {
        string urls = configuration["Urls"] is { Length: > 0 } given ? given : ServerOptions.DefaultAddress;
        foreach (string url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(url)) Errors.Add($"Urls: '{url}' is not an address like {ServerOptions.DefaultAddress}.");
        }

        return urls;
    }

    /// <summary>Kestrel says of an endpoint only which IP address it has: that is how one is told from the others.
    /// </summary>
    private string Http2Addresses(string others)
    {
        string urls = configuration["Http2Urls"] ?? "";
        foreach (string url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IsAddress(url) || !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ||
                !IPAddress.TryParse(BindingAddress.Parse(url).Host, out _))
                Errors.Add($"Http2Urls: '{url}' is not an address like http://127.0.0.1:8082, with an IP address.");
            else if (others.Split(';').Any(other => other.Trim().TrimEnd('/') == url.TrimEnd('/')))
                Errors.Add($"Http2Urls: '{url}' is one of Urls; HTTP/2 without TLS needs an address of its own.");
        }

        return urls;
    }

    private static bool IsAddress(string url)
    {
        try
        {
            BindingAddress address = BindingAddress.Parse(url);
            return address.Scheme is "http" or "https" && address.PathBase.Length == 0 && address.Port <= 65_535;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private void RefuseUnknownKeys()
    {
        foreach (string section in OwnSections)
        {
            foreach ((string key, string? value) in configuration.GetSection(section).AsEnumerable())
            {
                if (value is not null && !_known.Contains(key) && key.Length > section.Length)
                    Errors.Add($"{key} is not a setting. {Suggest(section)}");
            }
        }
    }

    /// <summary>A mistyped option must not start the server with the default instead.</summary>
    private void RefuseUnknownArguments(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            string name = argument.TrimStart('-', '/').Split('=', ':')[0];
            bool option = argument.StartsWith('-') || argument.Contains('=');
            if (!option || !OwnSections.Concat(Others).Contains(name, StringComparer.OrdinalIgnoreCase))
                Errors.Add($"'{argument}' is not an option of the command line.");
            // `--key value`: the next argument is the value.
            if (option && !argument.Contains('=') && i + 1 < arguments.Count && !arguments[i + 1].StartsWith('-')) i++;
        }
    }

    private string Suggest(string section)
    {
        string[] names = [.. _known.Where(key => key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase))];
        return names.Length == 0
            ? $"The section {section} has no settings."
            : $"Known: {string.Join(", ", names)}.";
    }
}
