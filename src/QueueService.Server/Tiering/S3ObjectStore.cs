using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.S3;
using Amazon.S3.Model;
using QueueService.Storage.Tiering;

namespace QueueService.Server.Tiering;

/// <summary>Objects in a bucket of S3, or of whatever speaks its protocol. An object is put by a single request: there
/// is nothing of it before the request succeeds.</summary>
internal sealed class S3ObjectStore(S3Settings settings) : IObjectStore
{
    /// <summary>256 MiB over a slow line; reads have a limit of their own.</summary>
    private static readonly TimeSpan UploadTimeout = TimeSpan.FromMinutes(30);

    private readonly AmazonS3Client _client = Open(settings);

    public Task Put(string name, Stream content, CancellationToken cancellation) => Try(name, "stored", async () =>
    {
        await _client.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = settings.Bucket,
                Key = settings.Prefix + name,
                InputStream = content,
                AutoCloseStream = false,
                // What is stored is read back and compared, so nothing needs the trailers that not every store knows.
                UseChunkEncoding = false,
            },
            cancellation);
        return true;
    }, cancellation);

    public Task Read(string name, long position, Memory<byte> buffer, CancellationToken cancellation) =>
        Try(name, "read", async () =>
        {
            using GetObjectResponse response = await _client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = settings.Prefix + name,
                    ByteRange = new ByteRange(position, position + buffer.Length - 1),
                },
                cancellation);
            await response.ResponseStream.ReadExactlyAsync(buffer, cancellation);
            return true;
        }, cancellation);

    public Task Delete(string name, CancellationToken cancellation) => Try(name, "deleted", async () =>
    {
        await _client.DeleteObjectAsync(settings.Bucket, settings.Prefix + name, cancellation);
        return true;
    }, cancellation);

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken cancellation) =>
        Try<IReadOnlyList<string>>(prefix, "listed", async () =>
        {
            var names = new List<string>();
            var request = new ListObjectsRequest { BucketName = settings.Bucket, Prefix = settings.Prefix + prefix };
            while (true)
            {
                ListObjectsResponse page = await _client.ListObjectsAsync(request, cancellation);
                names.AddRange((page.S3Objects ?? []).Select(found => found.Key[settings.Prefix.Length..]));
                if (page.IsTruncated != true || page.S3Objects is not [.., var last]) return names;

                // The first version of the call: the tokens of the second are not known everywhere.
                request.Marker = last.Key;
            }
        }, cancellation);

    public void Dispose() => _client.Dispose();

    private static AmazonS3Client Open(S3Settings settings)
    {
        var config = new AmazonS3Config
        {
            ForcePathStyle = settings.ForcePathStyle,
            AuthenticationRegion = settings.Region,
            Timeout = UploadTimeout,
            MaxErrorRetry = 2,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (settings.Endpoint is { } endpoint) config.ServiceURL = endpoint;
        else config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(settings.Region);
        if (settings.CredentialsFile is not { } file) return new AmazonS3Client(config);
        var profiles = new SharedCredentialsFile(file);
        return profiles.TryGetProfile(SharedCredentialsFile.DefaultProfileName, out CredentialProfile profile)
            ? new AmazonS3Client(profile.GetAWSCredentials(profiles), config)
            : throw new IOException($"{file} has no profile {SharedCredentialsFile.DefaultProfileName}.");
    }

    private async Task<T> Try<T>(string name, string what, Func<Task<T>> call, CancellationToken cancellation)
    {
        try
        {
            return await call();
        }
        catch (Exception failure) when (IsFailure(failure) && !cancellation.IsCancellationRequested)
        {
            string why = failure is AmazonServiceException { StatusCode: >= HttpStatusCode.Continue and var status }
                ? $"{(int)status} {status}: {failure.Message}"
                : failure.Message;
            throw new ObjectStoreException(
                $"{settings.Bucket}/{settings.Prefix}{name} could not be {what}: {why}", failure);
        }
    }

    private static bool IsFailure(Exception failure) => failure is AmazonServiceException or AmazonClientException
        or HttpRequestException or WebException or IOException or OperationCanceledException;
}
