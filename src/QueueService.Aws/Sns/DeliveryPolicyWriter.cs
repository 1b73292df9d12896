using System.Buffers;
using System.Text;
using System.Text.Json;

namespace QueueService.Aws.Sns;

/// <summary>What `EffectiveDeliveryPolicy` shows, in AWS's form.</summary>
internal static class DeliveryPolicyWriter
{
    public static string OfTopic(DeliveryPolicy policy) => Write(json =>
    {
        json.WriteStartObject("http");
        WriteRetries(json, "defaultHealthyRetryPolicy", policy);
        json.WriteBoolean("disableSubscriptionOverrides", policy.DisablesOverrides);
        if (policy.MaxReceivesPerSecond is not null) WriteThrottle(json, "defaultThrottlePolicy", policy);
        WriteRequest(json, "defaultRequestPolicy", policy);
        json.WriteEndObject();
    });

    public static string OfSubscription(DeliveryPolicy policy) => Write(json =>
    {
        WriteRetries(json, "healthyRetryPolicy", policy);
        json.WriteNull("sicklyRetryPolicy");
        WriteThrottle(json, "throttlePolicy", policy);
        WriteRequest(json, "requestPolicy", policy);
        json.WriteBoolean("guaranteed", false);
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static void WriteRetries(Utf8JsonWriter json, string name, DeliveryPolicy policy)
    {
        RetryPhases phases = policy.Retries ?? RetryPhases.Default;
        json.WriteStartObject(name);
        json.WriteNumber("minDelayTarget", phases.MinDelayTarget);
        json.WriteNumber("maxDelayTarget", phases.MaxDelayTarget);
        json.WriteNumber("numRetries", phases.NumRetries);
        json.WriteNumber("numMaxDelayRetries", phases.NumMaxDelayRetries);
        json.WriteNumber("numNoDelayRetries", phases.NumNoDelayRetries);
        json.WriteNumber("numMinDelayRetries", phases.NumMinDelayRetries);
        json.WriteString("backoffFunction", DeliveryPolicyReader.Functions[(int)phases.BackoffFunction]);
        json.WriteEndObject();
    }

    private static void WriteThrottle(Utf8JsonWriter json, string name, DeliveryPolicy policy)
    {
        if (policy.MaxReceivesPerSecond is not { } rate)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("maxReceivesPerSecond", rate);
        json.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter json, string name, DeliveryPolicy policy)
    {
        json.WriteStartObject(name);
        json.WriteString("headerContentType", policy.ContentType ?? DeliveryPolicy.DefaultContentType);
        json.WriteEndObject();
    }
}
