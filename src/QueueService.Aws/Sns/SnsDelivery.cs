using QueueService.Aws.Sqs;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Storage.Files;

namespace QueueService.Aws.Sns;

/// <summary>What the server needs to deliver for SNS: the forms of subscriptions, and the certificate that it serves.
/// </summary>
internal sealed class SnsDelivery(AwsOptions options, TimeProvider time, SnsEndpoints endpoints) : IDisposable
{
    private readonly SignatureCache _signed = new();
    private SigningCertificateStore? _certificates;

    public SnsEndpoints Endpoints => endpoints;

    public SnsNaming Naming { get; } = new(options.Region, options.AccountId);

    public SigningCertificate Certificate =>
        (_certificates ?? throw new InvalidOperationException("The data directory is not open.")).Certificate;

    /// <summary>To be called while the data directory is locked.</summary>
    public void Open(IFileSystem files) => _certificates = new SigningCertificateStore(files, time);

    /// <summary>Null for a subscription that was made over `/v1`.</summary>
    /// <param name="topic">The definition of its topic.</param>
    public SnsForm? FormOf(SubscriptionName name, QueueConfig subscription, QueueConfig topic)
    {
        if (SnsSubscription.Of(subscription) is not { } known) return null;
        int version = Annotations.Find(topic, TopicAttributes.SignatureVersion) == "2" ? 2 : 1;
        return new SnsForm(
            name, known, topic, Naming,
            () => new SnsSigner(Certificate, version, known.Origin + Certificate.Path) { Signed = _signed });
    }

    /// <summary>What holds for the attempts of a subscription.</summary>
    public static DeliveryPolicy PolicyOf(SnsSubscription subscription, QueueConfig topic) => DeliveryPolicy.Effective(
        Read(Annotations.Find(topic, TopicAttributes.DeliveryPolicy), ofTopic: true),
        Read(subscription.DeliveryPolicy, ofTopic: false));

    public void Dispose() => _certificates?.Dispose();

    /// <summary>It was checked when it was set.</summary>
    private static DeliveryPolicy Read(string? json, bool ofTopic) =>
        json is null ? DeliveryPolicy.None : DeliveryPolicyReader.Read(json, ofTopic, out _) ?? DeliveryPolicy.None;
}
