/*
 * The step `ciMediagen` of a Jenkins shared library: promo media of what this build is about, from within any pipeline.
 *
 *     @Library('ci-mediagen') _
 *     ...
 *     stage('Media') {
 *       agent { label 'linux' }
 *       steps { ciMediagen(slackCredentials: 'slack-bot-token') }
 *     }
 *
 * Set up: Manage Jenkins > System > Global Trusted Pipeline Libraries, name `ci-mediagen`, this repository pinned to a
 * commit, library path `jenkins/`.
 *
 * Options, all of them optional:
 *   source            what pip installs where the agent has no ci-mediagen
 *   slackCredentials  id of a secret text with the bot token
 *   s3Credentials     id of a username and password with an access key
 *   config, template, significance, since, only, output
 *                     as the options of `ci-mediagen run`
 *   minutes           after which it is stopped; 30
 *   breaksBuild       true lets a failure fail the build; false
 *
 * The media are archived with the build. In a fork's build no secret is used.
 */

import groovy.transform.Field

@Field static final List KNOWN = ['source', 'slackCredentials', 's3Credentials', 'config', 'template', 'significance',
                                  'since', 'only', 'output', 'minutes', 'breaksBuild']
@Field static final String SOURCE = 'git+https://github.com/ci-mediagen/ci-mediagen@0000000000000000000000000000000000000000'

void call(Map options = [:]) {
  List unknown = options.keySet().findAll { name -> !KNOWN.contains(name) } as List
  if (unknown) {
    error("ciMediagen has no option ${unknown.join(', ')}; there are: ${KNOWN.join(', ')}")
  }
  String output = options.output ?: 'mediagen-out'
  if (options.breaksBuild) {
    make(options, output)
  } else {
    catchError(buildResult: 'SUCCESS', stageResult: 'UNSTABLE', message: 'Media were not made, or not all of them') {
      make(options, output)
    }
  }
}

private void make(Map options, String output) {
  try {
    timeout(time: options.minutes ?: 30, unit: 'MINUTES') {
      // Values travel as environment variables and never as a part of the script.
      withEnv(["MEDIAGEN=${options.source ?: SOURCE}",
               "MEDIAGEN_CONFIG=${options.config ?: ''}",
               "MEDIAGEN_TEMPLATE=${options.template ?: ''}",
               "MEDIAGEN_SIGNIFICANCE=${options.significance ?: ''}",
               "MEDIAGEN_SINCE=${options.since ?: ''}",
               "MEDIAGEN_ONLY=${options.only ?: ''}",
               "MEDIAGEN_OUTPUT=${output}"]) {
        sh label: 'Install ci-mediagen', script: '''
          command -v ci-mediagen >/dev/null && exit 0
          python3 -m venv "$WORKSPACE_TMP/ci-mediagen"
          "$WORKSPACE_TMP/ci-mediagen/bin/pip" install --quiet --disable-pip-version-check "ci-mediagen @ $MEDIAGEN"
        '''
        withSecrets(options) {
          sh label: 'Make media', script: '''
            PATH="$PATH:$WORKSPACE_TMP/ci-mediagen/bin"
            ci-mediagen run --output="$MEDIAGEN_OUTPUT" \\
              ${MEDIAGEN_CONFIG:+--config="$MEDIAGEN_CONFIG"} \\
              ${MEDIAGEN_TEMPLATE:+--template="$MEDIAGEN_TEMPLATE"} \\
              ${MEDIAGEN_SIGNIFICANCE:+--significance="$MEDIAGEN_SIGNIFICANCE"} \\
              ${MEDIAGEN_SINCE:+--since="$MEDIAGEN_SINCE"} \\
              ${MEDIAGEN_ONLY:+--only="$MEDIAGEN_ONLY"}
          '''
        }
      }
    }
  } finally {
    archiveArtifacts artifacts: "${output}/**", allowEmptyArchive: true
  }
}

private void withSecrets(Map options, Closure body) {
  List secrets = []
  if (options.slackCredentials && !env.CHANGE_FORK) {
    secrets.add(string(credentialsId: options.slackCredentials, variable: 'SLACK_BOT_TOKEN'))
  }
  if (options.s3Credentials && !env.CHANGE_FORK) {
    secrets.add(usernamePassword(credentialsId: options.s3Credentials,
                                 usernameVariable: 'AWS_ACCESS_KEY_ID', passwordVariable: 'AWS_SECRET_ACCESS_KEY'))
  }
  if (secrets) {
    withCredentials(secrets) { body() }
  } else {
    body()
  }
}
