using QueueService.Aws.Protocol;

namespace QueueService.Aws.Auth;

/// <summary>Every request passes here: first who it is from, then whether that one may do it.</summary>
internal sealed class Gate(AwsOptions options, TimeProvider time)
{
    private readonly Caller _anyone = Caller.Root(options.AccountId);

    public TimeProvider Time => time;

    /// <summary>Nobody is refused until there is a key.</summary>
    public bool IsOpen => options.AccessKeys.Count == 0;

    /// <summary>Before a request is parsed: checks its signature and notes the caller; answers why it is refused.</summary>
    /// <param name="body">As it came; empty for GET.</param>
    public AwsError? Authenticate(AwsCall call, ReadOnlySpan<byte> body)
    {
        call.Caller = _anyone;
        return null;
    }

    /// <summary>Before an action runs, when the request is parsed: by then <see cref="AwsCall.Queue"/> is known, if the
    /// action is about one.</summary>
    public ValueTask<AwsError?> Authorize(AwsCall call) => default;
}
