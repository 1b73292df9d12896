using System.Globalization;

namespace QueueService.Server.Hosting;

/// <summary>The section of durable streams.</summary>
internal sealed partial class OptionsReader
{
    private const string OriginsKey = "DurableStreams:AllowedOrigins";

    private List<string> Origins()
    {
        _known.Add(OriginsKey);
        List<string> origins = [];
        if (!string.IsNullOrEmpty(configuration[OriginsKey]))
            Errors.Add($"{OriginsKey} is a list: say {OriginsKey}:0, {OriginsKey}:1 and so on.");
        foreach (IConfigurationSection entry in configuration.GetSection(OriginsKey).GetChildren())
        {
            if (!int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            _known.Add(entry.Path);
            if (entry.Value is { } origin && (origin == "*" || IsOrigin(origin))) origins.Add(origin);
            else
                Errors.Add(
                    $"{entry.Path} is '{entry.Value}', but must be * or an origin like https://app.example.com.");
        }

        return origins;
    }

    private static bool IsOrigin(string text) => Uri.TryCreate(text, UriKind.Absolute, out Uri? origin)
        && origin.Scheme is "http" or "https" && origin.GetLeftPart(UriPartial.Authority) == text;
}
