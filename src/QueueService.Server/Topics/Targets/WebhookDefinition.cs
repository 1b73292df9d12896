using System.Security.Cryptography;
using System.Text;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics.Targets;

/// <summary>Makes what is kept of a webhook target from what a request says and from what was there before.</summary>
internal sealed class WebhookDefinition(WebhookHost webhooks, SubscriptionName name)
{
    private const string UrlPointer = TargetJson.Pointer + "/url";

    /// <summary>The server does not listen yet: a name is not resolved, and no owner is asked.</summary>
    public bool IsEarly { get; init; }

    /// <summary>The deliveries have signatures of their own, so no key is made for them.</summary>
    public bool SignsItself { get; init; }

    /// <summary>Asks about the address, and its owner if the target wants that; seals what is secret. What was sealed
    /// before and is the same stays as it is, so that the same request again changes nothing.</summary>
    /// <param name="existing">Null when the subscription does not exist.</param>
    /// <param name="replaces">What the draft leaves out takes its default, the signing keys excepted.</param>
    public async ValueTask<(WebhookTarget? Target, Problem? Problem)> Complete(
        WebhookDraft draft, WebhookTarget? existing, bool replaces, CancellationToken cancellation)
    {
        WebhookTarget? before = replaces ? null : existing;
        if (draft.Url is null && (before is null || draft.Given.Contains("url")))
            return (null, Problem.Invalid(UrlPointer, "is required: an http or https address."));
        EndpointCheck endpoints = IsEarly ? webhooks.EarlyEndpoints : webhooks.Endpoints;
        if (draft.Url is not null && await endpoints.Check(draft.Url, cancellation) is { } refusal)
        {
            ProblemKind kind = refusal.IsAddress ? ProblemKind.AddressDenied : ProblemKind.InvalidRequest;
            return (null, new Problem(kind).With(UrlPointer, refusal.Message));
        }

        WebhookTarget target = draft.Over(before ?? new WebhookTarget { Url = draft.Url! });
        WebhookSecret? fresh = draft.Secret is { } given ? WebhookSecret.Parse(given)
            : existing is { Keys.Count: > 0 } || SignsItself ? null : WebhookSecret.Generate();
        target = target with { Keys = Keys(existing, fresh) };
        if (replaces || draft.Given.Contains("authorization")) target = Authorize(target, draft, existing);
        return await Confirm(target, existing, cancellation) is { } unconfirmed
            ? (null, unconfirmed)
            : (target, null);
    }

    /// <summary>The newest signing key in clear.</summary>
    public WebhookSecret NewestKey(WebhookTarget target) => WebhookSecret.FromBytes(Open(target.Keys[0].Sealed));

    public SealedSigningKey Seal(WebhookSecret key) =>
        new(webhooks.Secrets.Seal(key.Key, name.Topic.Value, name.Value), ExpiresAt: null) { Hint = key.Hint };

    /// <summary>Whether it is one of the keys of the target.</summary>
    public bool Has(WebhookTarget target, WebhookSecret key) =>
        target.Keys.Any(some => CryptographicOperations.FixedTimeEquals(Open(some.Sealed), key.Key));

    private IReadOnlyList<SealedSigningKey> Keys(WebhookTarget? existing, WebhookSecret? fresh)
    {
        if (fresh is null) return existing!.Keys;
        bool same = existing is { Keys.Count: > 0 } &&
            CryptographicOperations.FixedTimeEquals(Open(existing.Keys[0].Sealed), fresh.Key);
        return same ? existing!.Keys : [Seal(fresh)];
    }

    private WebhookTarget Authorize(WebhookTarget target, WebhookDraft draft, WebhookTarget? existing)
    {
        if (draft.Authorization is not { } value)
            return target with { Authorization = null, AuthorizationKind = null };
        byte[] plain = Encoding.UTF8.GetBytes(value);
        bool same = existing?.Authorization is { } box && CryptographicOperations.FixedTimeEquals(Open(box), plain);
        return target with
        {
            Authorization =
                same ? existing!.Authorization : webhooks.Secrets.Seal(plain, name.Topic.Value, name.Value),
            AuthorizationKind = draft.AuthorizationKind,
        };
    }

    /// <summary>Whoever confirmed an address is not asked again.</summary>
    private async ValueTask<Problem?> Confirm(
        WebhookTarget target, WebhookTarget? existing, CancellationToken cancellation)
    {
        if (target.Challenge is null) return null;
        if (existing is not null && existing.Url == target.Url && existing.Challenge == target.Challenge) return null;
        List<WebhookHeader> headers =
            [.. target.Headers.Select(static header => new WebhookHeader(header.Name, header.Value))];
        if (target.Authorization is { } box)
            headers.Add(new("Authorization", Encoding.UTF8.GetString(Open(box)), IsSecret: true));
        await webhooks.Turns.Enter(cancellation);
        try
        {
            string? wrong = await webhooks.Ownership.Ask(target, headers, NewestKey(target), cancellation);
            return wrong is null ? null : new Problem(ProblemKind.OwnershipNotConfirmed).With(UrlPointer, wrong);
        }
        finally
        {
            webhooks.Turns.Leave(0);
        }
    }

    private byte[] Open(byte[] box) => webhooks.Secrets.Open(box, name.Topic.Value, name.Value) ??
        throw new InvalidOperationException($"A secret of {name} cannot be opened.");
}
