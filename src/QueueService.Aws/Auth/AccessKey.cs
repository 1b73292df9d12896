namespace QueueService.Aws.Auth;

/// <summary>A key that requests are signed with.</summary>
/// <param name="Account">Twelve digits.</param>
/// <param name="User">Null: the account itself, which AWS calls its root.</param>
internal sealed record AccessKey(string Id, string Secret, string Account, string? User)
{
    public Caller Caller { get; } = new(Account, User);

    /// <summary>Without the secret, which must not get into a log.</summary>
    public override string ToString() => Id;
}

/// <summary>Who makes a request.</summary>
/// <param name="Account">Twelve digits, or a word that no account can have.</param>
internal sealed record Caller(string Account, string? User)
{
    /// <summary>Sent no signature: only policies that are for everybody let it in.</summary>
    public static readonly Caller Anonymous = new("anonymous", null);

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    /// <summary>What messages name as their sender.</summary>
    public string UserId => User ?? Account;

    public string Arn { get; } = User is null ? $"arn:aws:iam::{Account}:root" : $"arn:aws:iam::{Account}:user/{User}";
}
