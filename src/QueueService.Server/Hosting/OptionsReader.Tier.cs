using QueueService.Server.Tiering;

namespace QueueService.Server.Hosting;

/// <summary>The section of the object store.</summary>
internal sealed partial class OptionsReader
{
    private const string TierDirectoryKey = "Tier:Directory";
    private const string BucketKey = "Tier:S3:Bucket";
    private const string EndpointKey = "Tier:S3:Endpoint";

    private TierSettings Tier()
    {
        TierSettings tier = new();
        string? directory = Optional(TierDirectoryKey);
        S3Settings? s3 = S3();
        if (directory is not null && s3 is not null) Errors.Add($"{TierDirectoryKey} and {BucketKey} are both given.");
        return tier with
        {
            Directory = directory,
            S3 = s3,
            CacheBytes = Number("Tier:CacheBytes", tier.CacheBytes, 1 << 20, long.MaxValue),
            BlockBytes = (int)Number("Tier:BlockBytes", tier.BlockBytes, 64 << 10, 16 << 20),
            UploadBytesPerSecond = Number("Tier:UploadBytesPerSecond", tier.UploadBytesPerSecond, 0, long.MaxValue),
        };
    }

    private S3Settings? S3()
    {
        string? bucket = Optional(BucketKey);
        S3Settings s3 = new(bucket ?? "");
        s3 = s3 with
        {
            Endpoint = Optional(EndpointKey),
            Region = Text("Tier:S3:Region", s3.Region),
            Prefix = Optional("Tier:S3:Prefix") ?? s3.Prefix,
            ForcePathStyle = Flag("Tier:S3:ForcePathStyle"),
            CredentialsFile = Optional("Tier:S3:CredentialsFile"),
        };
        if (s3.Endpoint is { } endpoint
            && !(Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"))
            Errors.Add($"{EndpointKey} is '{endpoint}', but must be an address like https://s3.example.com.");
        if (bucket is not null) return s3;
        if (configuration.GetSection("Tier:S3").GetChildren().Any()) Errors.Add($"{BucketKey} is missing.");
        return null;
    }

    private string? Optional(string key)
    {
        _known.Add(key);
        return configuration[key] is null ? null : Text(key, "");
    }

    private bool Flag(string key)
    {
        _known.Add(key);
        if (configuration[key] is not { } text) return false;
        if (bool.TryParse(text, out bool value)) return value;
        Errors.Add($"{key} is '{text}', but must be true or false.");
        return false;
    }
}
