using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>Where a subscription is in its life.</summary>
internal enum SubscriptionState
{
    /// <summary>It gets messages.</summary>
    Confirmed,

    /// <summary>The owner of its endpoint is asked; it gets nothing, and ends with its token.</summary>
    Pending,

    /// <summary>It was ended; the owner of its endpoint is told, and can take it up again until its token
    /// ends.</summary>
    Deleted,
}

/// <summary>What only SNS knows of a subscription: kept with its definition as one annotation that the broker never
/// reads.</summary>
internal sealed record SnsSubscription
{
    public const string Annotation = "sns";

    /// <summary>As AWS's, which answers two days.</summary>
    public static readonly TimeSpan TokenLife = TimeSpan.FromDays(2);

    /// <summary>Between two questions to one endpoint: whoever may subscribe shall not make the server post as fast as
    /// he asks.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private const int TokenBytes = 48;
    private const int NameBytes = 16;

    /// <summary>sqs, http or https.</summary>
    public required string Protocol { get; init; }

    /// <summary>The ARN of a queue, or a URL.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The server as whoever subscribed reached it (`https://host:port`): what is delivered leads back there.
    /// </summary>
    public required string Origin { get; init; }

    public SubscriptionState State { get; init; }

    /// <summary>Of a subscription that is not confirmed; null else.</summary>
    public string? Token { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long TokenExpiresAt { get; init; }

    /// <summary>Read from the format of the definition, which `/v1` changes, too.</summary>
    [JsonIgnore]
    public bool IsRaw { get; init; }

    /// <summary>Whoever confirmed it had signed the request.</summary>
    public bool WasAuthenticated { get; init; }

    public bool AuthenticatesUnsubscribe { get; init; }

    /// <summary>As given; null when none was.</summary>
    public string? DeliveryPolicy { get; init; }

    /// <summary>As given; null when none was. `/v1` may have changed the filter since then: <see cref="KnownFilter"/>
    /// says what holds.</summary>
    public string? FilterPolicy { get; init; }

    /// <summary>As given; null when none was.</summary>
    public string? FilterPolicyScope { get; init; }

    /// <summary>It has a filter that SNS cannot say; known after <see cref="KnownFilter"/>.</summary>
    [JsonIgnore]
    public bool HasOtherFilter { get; init; }

    /// <summary>The broker's name, read from the redrive policy of the definition; null when there is none.</summary>
    [JsonIgnore]
    public string? DeadLetterQueue { get; init; }

    /// <summary>As given; null when none was.</summary>
    public string? ReplayPolicy { get; init; }

    /// <summary>As given; null when none was.</summary>
    public string? RoleArn { get; init; }

    [JsonIgnore]
    public bool IsHttp => Protocol != "sqs";

    /// <summary>Null for a subscription that was made over `/v1`.</summary>
    public static SnsSubscription? Of(QueueConfig config)
    {
        foreach (Tag tag in config.Annotations)
        {
            if (tag.Key != Annotation) continue;
            return JsonSerializer.Deserialize(tag.Value, SnsJsonContext.Default.SnsSubscription)! with
            {
                IsRaw = config.Subscription!.Format == DeliveryFormat.Raw,
                DeadLetterQueue = config.Redrive?.DeadLetterQueue,
            };
        }

        return null;
    }

    /// <summary>The definition with this in the place of what it said before.</summary>
    public QueueConfig In(QueueConfig config) => config with
    {
        Annotations = new ValueList<Tag>(
        [
            .. config.Annotations.Where(static tag => tag.Key != Annotation),
            new Tag(Annotation, JsonSerializer.Serialize(this, SnsJsonContext.Default.SnsSubscription)),
        ]),
    };

    /// <summary>With a new token, which ends two days after.</summary>
    public SnsSubscription Asking(SubscriptionState state, string name, DateTimeOffset now) => this with
    {
        State = state,
        Token = name.Replace("-", "", StringComparison.Ordinal) +
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes)),
        TokenExpiresAt = (now + TokenLife).ToUnixTimeMilliseconds(),
    };

    /// <summary>The name of the subscription of an endpoint: the same for the same endpoint, so that subscribing twice
    /// is one subscription, also when both requests come at once. Nobody can guess it: who knows it may end the
    /// subscription.</summary>
    public static string NameOf(SigningCertificate certificate, string topic, string protocol, string endpoint)
    {
        byte[] hash = certificate.Derive($"{topic}\n{protocol}\n{endpoint}");
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, NameBytes), bigEndian: true).ToString();
    }

    /// <summary>The name of the subscription that a token is for; null when it is no token.</summary>
    public static string? NameIn(string token) =>
        token.Length == 2 * (NameBytes + TokenBytes) &&
        Guid.TryParseExact(token.AsSpan(0, 2 * NameBytes), "N", out Guid name)
            ? name.ToString()
            : null;

    public bool WasJustAsked(DateTimeOffset now) => TokenExpiresAt > (now + TokenLife - Pause).ToUnixTimeMilliseconds();

    public bool IsToken(string token, DateTimeOffset now) =>
        Token is not null && now.ToUnixTimeMilliseconds() < TokenExpiresAt &&
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Token), Encoding.UTF8.GetBytes(token));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(SnsSubscription))]
internal sealed partial class SnsJsonContext : JsonSerializerContext;
