using System.Globalization;
using System.Net;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Hosting;

/// <summary>The section of webhooks.</summary>
internal sealed partial class OptionsReader
{
    private const string NetworksKey = "Webhooks:AllowedNetworks";
    private const string OriginKey = "Webhooks:Origin";
    private const string SecretKeyKey = "Webhooks:SecretKey";
    private const string SecretFileKey = "Webhooks:SecretKeyFile";

    /// <summary>A key and its line end; a file that is longer is another one.</summary>
    private const int SecretFileBytes = 1_024;

    private WebhookOptions Webhooks() =>
        new() { AllowedNetworks = Networks(), SecretKey = SecretKeyText(), Origin = OriginName() };

    private string OriginName()
    {
        string origin = Text(OriginKey, new WebhookOptions().Origin);
        if (Uri.CheckHostName(origin) != UriHostNameType.Dns)
            Errors.Add($"{OriginKey} is '{origin}', but must be a name as in the DNS, like queue.example.com.");
        return origin;
    }

    private List<IPNetwork> Networks()
    {
        _known.Add(NetworksKey);
        List<IPNetwork> networks = [];
        if (!string.IsNullOrEmpty(configuration[NetworksKey]))
            Errors.Add($"{NetworksKey} is a list: say {NetworksKey}:0, {NetworksKey}:1 and so on.");
        foreach (IConfigurationSection entry in configuration.GetSection(NetworksKey).GetChildren())
        {
            if (!int.TryParse(entry.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            _known.Add(entry.Path);
            // It takes 10.0.0.1/8 for 10.0.0.0/8, where one host may have been meant.
            if (IPNetwork.TryParse(entry.Value, out IPNetwork network) &&
                IPAddress.TryParse(entry.Value!.Split('/')[0], out IPAddress? start) &&
                start.Equals(network.BaseAddress))
                networks.Add(network);
            else
                Errors.Add($"{entry.Path} is '{entry.Value}', but must be a network like 10.0.0.0/8 or fd00::/8, " +
                    "with zeros behind its prefix.");
        }

        return networks;
    }

    private string? SecretKeyText()
    {
        string? key = configuration[SecretKeyKey] is null ? null : Text(SecretKeyKey, "");
        string? file = configuration[SecretFileKey] is null ? null : Text(SecretFileKey, "");
        _known.UnionWith([SecretKeyKey, SecretFileKey]);
        if (key is not null && file is not null)
        {
            Errors.Add($"{SecretKeyKey} and {SecretFileKey} are both given.");
            return null;
        }

        if (!string.IsNullOrWhiteSpace(file)) key = ReadSecret(file);
        if (!string.IsNullOrWhiteSpace(key) && SecretKey.Parse(key) is null)
            // Without its value: what is nearly a key is a secret, too.
            Errors.Add($"{(file is null ? SecretKeyKey : SecretFileKey)} must be the base64 of 32 bytes.");
        return key;
    }

    private string? ReadSecret(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Length > SecretFileBytes)
            {
                Errors.Add($"{SecretFileKey}: '{path}' has more than {SecretFileBytes} bytes.");
                return null;
            }

            using StreamReader reader = file.OpenText();
            return reader.ReadToEnd();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            Errors.Add($"{SecretFileKey}: {unreadable.Message}");
            return null;
        }
    }
}
