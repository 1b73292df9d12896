using System.Net;

namespace QueueService.Server.Webhooks;

/// <summary>The section `Webhooks` of the settings.</summary>
internal sealed record WebhookOptions
{
    /// <summary>Networks beyond the public ones that webhooks may reach (`Webhooks:AllowedNetworks:0=10.0.0.0/8`). The
    /// server's own listening addresses are never reached. None by default: a subscription is a request that the server
    /// makes from inside the network for whoever may subscribe.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>Names this server to endpoints that are asked whether they want deliveries
    /// (<see cref="OwnershipCheck"/>): a name as in the DNS.</summary>
    public string Origin { get; init; } = "queueservice";

    /// <summary>The key of the secrets at rest, base64 of 32 bytes, from `Webhooks:SecretKey` or the file that
    /// `Webhooks:SecretKeyFile` names. Null: the server makes one, and keeps it in its data directory.</summary>
    public string? SecretKey { get; init; }

    /// <summary>Nothing that could get into a log.</summary>
    public override string ToString() => nameof(WebhookOptions);
}
