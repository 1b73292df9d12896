using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QueueService.Aws.Protocol;

/// <summary>An action of a service. Inside, requests and answers are JSON: the query protocol is translated at its
/// edge.</summary>
/// <param name="name">As in `Action=` and behind the dot of X-Amz-Target.</param>
internal abstract class AwsAction(string name)
{
    public string Name => name;

    /// <summary>It is about no queue that exists, so it is not for the address of one.</summary>
    public bool IsForService { get; init; }

    /// <summary>It finds out by itself what it is about, and asks the gate then.</summary>
    public bool ChecksAccess { get; init; }

    /// <summary>Reads and runs one request: <see cref="AwsCall.Input"/>, then <see cref="AwsCall.Output"/>.</summary>
    public abstract AwsError? Read(AwsCall call, ReadOnlySpan<byte> json);

    public abstract ValueTask<AwsError?> Run(AwsCall call);

    /// <summary>Writes the answer; nothing when the action has none.</summary>
    public abstract void Write(AwsCall call, AnswerBuffer buffer);
}

/// <summary>The one kind of action: a function from one typed record to another.</summary>
/// <param name="input">From the service's serializer context.</param>
/// <param name="output">Null for an action without an answer.</param>
internal sealed class AwsAction<TIn, TOut>(
    string name, JsonTypeInfo<TIn> input, JsonTypeInfo<TOut>? output, Func<AwsCall, TIn, ValueTask<Reply<TOut>>> handle)
    : AwsAction(name)
    where TIn : class
    where TOut : class
{
    public override AwsError? Read(AwsCall call, ReadOnlySpan<byte> json)
    {
        try
        {
            call.Input = JsonSerializer.Deserialize(json.IsEmpty ? "{}"u8 : json, input);
            return call.Input is null ? ProtocolErrors.Serialization.With("The request must be a JSON object.") : null;
        }
        catch (JsonException malformed)
        {
            return ProtocolErrors.Serialization.With($"The request is not valid at {malformed.Path ?? "$"}.");
        }
    }

    public override async ValueTask<AwsError?> Run(AwsCall call)
    {
        TIn request = (TIn)call.Input!;

        // It may have to wait, and its request need not be kept for that.
        call.Input = null;
        Reply<TOut> reply = await handle(call, request);
        call.Output = reply.Value;
        return reply.Error;
    }

    public override void Write(AwsCall call, AnswerBuffer buffer)
    {
        if (output is null) return;
        Utf8JsonWriter writer = buffer.Json();
        JsonSerializer.Serialize(writer, (TOut)call.Output!, output);
        writer.Flush();
    }
}
